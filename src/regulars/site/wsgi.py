import os

from django.core.wsgi import get_wsgi_application

from regulars.site.supervising import end_with_parent, leave_terminal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.site.settings")
leave_terminal()
application = get_wsgi_application()
end_with_parent()
