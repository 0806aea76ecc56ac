from regulars.site.cli import main

main()
